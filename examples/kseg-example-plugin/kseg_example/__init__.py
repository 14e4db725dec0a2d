"""An example of a kseg plug-in: one part of each kind."""
