"""The sink Spark: Parquet files that the loader itself writes into the warehouse."""
