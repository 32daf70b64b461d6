"""The billing backends' dialects: each turns calls into HTTP and answers into wire types."""
