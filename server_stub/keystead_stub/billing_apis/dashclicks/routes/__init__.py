"""Routes of ``dashclicks``, a module for each resource."""
