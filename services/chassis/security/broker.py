"""What a cluster is shown, in FastStream's form."""

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from services.chassis.security.cluster import Cluster

_KINDS = {"SCRAM-SHA-512": SASLScram512, "SCRAM-SHA-256": SASLScram256, "PLAIN": SASLPlaintext}


def shown(cluster: Cluster) -> BaseSecurity:
    """Give what a broker of FastStream takes as its `security`."""
    if cluster.user is None:
        return BaseSecurity(cluster.tls)
    return _KINDS[cluster.user.mechanism](cluster.user.name, cluster.user.password.get_secret_value(), cluster.tls)
