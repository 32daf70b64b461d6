"""HTML pages: templates, forms and formatting."""
