"""How fast a service is, as a ratio: to the ceiling of this machine, and to what one would write without the road."""
