"""Reads the table with one engine, over and over: a line of JSON in names the table, a line of JSON out says what is in it.

    python read.py pyiceberg|duckdb|chdb|spark [settings as JSON]

Every engine answers the same questions in its own way: what it makes of nulls, nested lists, time zones, ids and pruning
is what is tested here.
"""

import json
import sys

DAY = "2026-03-29"
NEXT = "2026-03-30"
SUMS = "count(*) as events, count(user_id) as users, sum(length(properties)) as properties, sum(pack_index) as indexes"


def pyiceberg(_settings):
    import pyarrow.compute as pc
    from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, LessThan
    from pyiceberg.table import StaticTable

    day = And(
        EqualTo("type", "track"),
        GreaterThanOrEqual("timestamp", f"{DAY}T00:00:00+00:00"),
        LessThan("timestamp", f"{NEXT}T00:00:00+00:00"),
    )

    def read(request):
        table = StaticTable.from_metadata(f"{request['location']}/metadata/v{request['version']}.metadata.json")
        rows = table.scan().to_arrow()
        products = pc.list_flatten(rows["products"])
        return {
            "events": rows.num_rows,
            "ids": len(set(zip(rows["source"].to_pylist(), rows["message_id"].to_pylist()))),
            "users": rows.num_rows - rows["user_id"].null_count,
            "properties": pc.sum(pc.utf8_length(rows["properties"])).as_py(),
            "indexes": pc.sum(rows["pack_index"]).as_py(),
            "others": rows.num_rows - rows["other"].null_count if "other" in rows.column_names else 0,
            "quantity": pc.sum(pc.struct_field(products, "quantity")).as_py(),
            "price": pc.sum(pc.struct_field(products, "price")).as_py(),
            "newest": pc.max(rows["received_at"]).cast("int64").as_py(),
            "day": table.scan(row_filter=day, selected_fields=("type",)).to_arrow().num_rows,
            "user": table.scan(row_filter=EqualTo("user_key", "user-3")).to_arrow().num_rows,
            "pack": table.scan(row_filter=EqualTo("pack_id", request["pack"])).to_arrow().num_rows,
        }

    return read


def duckdb(settings):
    import duckdb as engine

    connection = engine.connect()
    for extension in settings["extensions"]:
        connection.execute(f"install '{extension}'")
    for name in ("avro", "parquet", "iceberg"):
        connection.execute(f"load {name}")
    connection.execute("set TimeZone = 'UTC'")

    def read(request):
        # The hint leads it to the newest version.
        table = f"iceberg_scan('{request['location']}')"
        columns = [name for name, *_ in connection.execute(f"describe from {table}").fetchall()]
        row = connection.execute(
            f"""select {SUMS}, count(distinct (source, message_id)) as ids, epoch_us(max(received_at)) as newest,
                  {'count(other)' if 'other' in columns else '0'} as others,
                  count(*) filter (pack_id = '{request['pack']}') as pack,
                  sum(list_sum(list_transform(products, lambda product: product.quantity))) as quantity,
                  sum(list_sum(list_transform(products, lambda product: product.price))) as price
                from {table}"""
        )
        names = [description[0] for description in row.description]
        answer = dict(zip(names, row.fetchone()))
        count = lambda where: connection.execute(f"select count(*) from {table} where {where}").fetchone()[0]
        answer["day"] = count(f"type = 'track' and timestamp >= '{DAY} 00:00:00+00' and timestamp < '{NEXT} 00:00:00+00'")
        answer["user"] = count("user_key = 'user-3'")
        return {name: float(value) if name == "price" else int(value) for name, value in answer.items()}

    return read


def chdb(_settings):
    import chdb as engine

    def read(request):
        table = f"icebergLocal('{request['location'].removeprefix('file://')}')"

        def ask(sql):
            return json.loads(str(engine.query(sql, "JSONEachRow")).splitlines()[0])

        described = str(engine.query(f"describe {table}", "JSONEachRow"))
        has_other = any(json.loads(line)["name"] == "other" for line in described.splitlines())
        answer = ask(
            f"""select {SUMS}, count(distinct source, message_id) as ids,
                  toUnixTimestamp64Micro(max(received_at)) as newest, {'count(other)' if has_other else '0'} as others,
                  countIf(pack_id = toUUID('{request['pack']}')) as pack,
                  sum(arraySum(arrayMap(product -> ifNull(tupleElement(product, 'quantity'), 0), products))) as quantity,
                  sum(arraySum(arrayMap(product -> ifNull(tupleElement(product, 'price'), 0), products))) as price
                from {table}"""
        )
        count = lambda where: ask(f"select count() as found from {table} where {where}")["found"]
        answer["day"] = count(f"type = 'track' and timestamp >= '{DAY} 00:00:00' and timestamp < '{NEXT} 00:00:00'")
        answer["user"] = count("user_key = 'user-3'")
        return {name: float(value) if name == "price" else int(value) for name, value in answer.items()}

    return read


def spark(settings):
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.jars", settings["jar"])
        .config("spark.driver.memory", "1g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def read(request):
        table = session.read.format("iceberg").load(request["location"])
        table.createOrReplaceTempView("events")
        ask = lambda sql: session.sql(sql).first().asDict()
        answer = ask(
            f"""select {SUMS}, count(distinct source, message_id) as ids, unix_micros(max(received_at)) as newest,
                  {'count(other)' if 'other' in table.columns else '0'} as others,
                  count_if(pack_id = '{request['pack']}') as pack,
                  sum(aggregate(products.quantity, 0L, (sum, q) -> sum + coalesce(q, 0))) as quantity,
                  sum(aggregate(products.price, 0D, (sum, p) -> sum + coalesce(p, 0D))) as price
                from events"""
        )
        count = lambda where: ask(f"select count(*) as found from events where {where}")["found"]
        answer["day"] = count(f"type = 'track' and timestamp >= '{DAY} 00:00:00' and timestamp < '{NEXT} 00:00:00'")
        answer["user"] = count("user_key = 'user-3'")
        return {name: float(value) if name == "price" else int(value) for name, value in answer.items()}

    return read


def main():
    engines = {"pyiceberg": pyiceberg, "duckdb": duckdb, "chdb": chdb, "spark": spark}
    read = engines[sys.argv[1]](json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
    for line in sys.stdin:
        print("answer " + json.dumps(read(json.loads(line))), flush=True)


main()
