"""The screens, one module each: a model in, what a person did out. None of them knows the link."""
