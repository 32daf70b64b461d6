"""What tests of a vendor's program use beside the stub itself."""
