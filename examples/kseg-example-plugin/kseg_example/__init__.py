"""An example of a kseg plug-in: a layer, a loss and a model."""
