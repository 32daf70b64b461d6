"""Routes and operations that all billing APIs share."""
