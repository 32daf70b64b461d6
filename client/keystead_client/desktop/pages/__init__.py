"""The pages, one module each: they show a model and emit what the person does."""
