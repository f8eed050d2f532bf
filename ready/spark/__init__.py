"""Apache Spark as the second engine: a local standalone cluster, and connections to any Thrift server."""
