"""The daemon: the one owner of a device's licensing state."""
