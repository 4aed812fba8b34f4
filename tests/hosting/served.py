"""The name under which tests of the server serve an untrained network: its own."""

SERVED = "person-psa-parallel"
