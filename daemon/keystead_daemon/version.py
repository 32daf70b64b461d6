"""The version of this daemon; asking the installed package for it would take 10 ms."""

VERSION = "0.1.0"
