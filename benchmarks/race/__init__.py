"""The race: the services, the raw models and other servers on the same inputs, taking turns."""
