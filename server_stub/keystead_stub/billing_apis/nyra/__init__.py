"""The billing API ``nyra``, the native one."""
