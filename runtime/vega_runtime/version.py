"""The version of the runtime's interface that compiled modules are made for."""

RUNTIME_VERSION = "0.1"
