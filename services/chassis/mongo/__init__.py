"""MongoDB as the road needs it. The only package that knows the driver.

`store` is a service's collections, `preparing` makes them, `transaction` is what happens together or not at all,
`asking` the questions of both, `trouble` what the driver's errors mean.
"""

from services.chassis.mongo.store import DATABASE, MongoStore

__all__ = ["DATABASE", "MongoStore"]
