{#
    The tables that ingestion writes, as it writes them: schema, then table, then columns.
    A warehouse into which only some sources (or none) were loaded builds all the same, because what is
    missing is made here, empty. A test holds these definitions against what ingestion makes.
#}
{% macro raw_tables() %}
    {% set rejected_records = {
        'source': 'varchar', 'entity': 'varchar', 'reason': 'varchar', 'payload': 'varchar', 'payload_hash': 'varchar',
        'first_seen_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
    } %}
    {{ return({
        'raw_operations': {
            'runs': {
                'run_id': 'varchar', 'what': 'varchar', 'source': 'varchar',
                'started_at': 'timestamp with time zone', 'ended_at': 'timestamp with time zone', 'outcome': 'varchar',
                'rows_new': 'bigint', 'rows_changed': 'bigint', 'rows_rejected': 'bigint', 'message': 'varchar',
            },
            'retention': {'source': 'varchar', 'entity': 'varchar', 'kept_from': 'timestamp with time zone'},
            'unfinished_nodes': {'node_id': 'varchar', 'run_id': 'varchar'},
            'test_results': {
                'node_id': 'varchar', 'name': 'varchar', 'resource_type': 'varchar', 'tested_model': 'varchar',
                'tested_column': 'varchar', 'outcome': 'varchar', 'failures': 'bigint', 'seconds': 'double', 'run_id': 'varchar',
                'tested_at': 'timestamp with time zone', 'failing_since': 'timestamp with time zone',
            },
            'sizes': {
                'run_id': 'varchar', 'measured_at': 'timestamp with time zone', 'bytes': 'bigint', 'free_bytes': 'bigint',
            },
        },
        'raw_footfall': {
            'stores': {
                'store_id': 'varchar', 'name': 'varchar', 'city': 'varchar', 'country_code': 'varchar',
                'timezone': 'varchar', 'opened_on': 'date', 'opens_at': 'varchar', 'closes_at': 'varchar',
                'updated_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
            },
            'sensors': {
                'sensor_id': 'varchar', 'store_id': 'varchar', 'door': 'bigint',
                'installed_at': 'timestamp with time zone', 'removed_at': 'timestamp with time zone',
                'updated_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
            },
            'readings': {
                'sensor_id': 'varchar', 'hour_start': 'timestamp with time zone', 'visits': 'bigint',
                'status': 'varchar', 'updated_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
            },
            'rejected_records': rejected_records,
        },
        'raw_retail': {
            'products': {
                'name': 'varchar', 'product_id': 'varchar', 'price': 'decimal(18,4)', 'stock': 'bigint',
                'received_at': 'timestamp with time zone', 'line_number': 'bigint', 'cells': 'varchar', '_dlt_load_id': 'varchar',
            },
            'stores': {
                'store_id': 'bigint', 'city': 'varchar', 'employees': 'bigint', 'line_number': 'bigint', 'cells': 'varchar',
                '_dlt_load_id': 'varchar',
            },
            'sales': {
                'sale_date': 'date', 'product_id': 'varchar', 'quantity': 'bigint', 'store_id': 'bigint', 'occurrence': 'bigint',
                'line_number': 'bigint', 'cells': 'varchar', '_dlt_load_id': 'varchar',
            },
            'rejected_records': rejected_records,
        },
        'raw_air_quality': {
            'stations': {
                'station_id': 'bigint', 'station_name': 'varchar', 'latitude': 'double', 'longitude': 'double',
                '_dlt_load_id': 'varchar',
            },
            'hourly': {
                'station_id': 'bigint', 'measured_at': 'timestamp with time zone', 'co': 'double',
                'temperature': 'double', 'internal_temperature': 'double', 'no2': 'double', 'o3': 'double',
                'pm10': 'double', 'pm2_5': 'double', 'humidity': 'double', '_dlt_load_id': 'varchar',
            },
            'superseded': {
                'station_id': 'bigint', 'measured_at': 'timestamp with time zone', 'parameter': 'varchar',
                'old_value': 'double', 'new_value': 'double', 'is_completion': 'boolean',
                'seen_at': 'timestamp with time zone', 'replaced_load_id': 'varchar', '_dlt_load_id': 'varchar',
            },
            'rejected_records': rejected_records,
        },
        'raw_orders': {
            'customers': {
                'customer_id': 'bigint', 'name': 'varchar', 'address': 'varchar', 'email': 'varchar', 'phone_number': 'varchar',
                'country': 'varchar', 'created_at': 'timestamp with time zone', 'updated_at': 'timestamp with time zone',
                '_dlt_load_id': 'varchar',
            },
            'products': {
                'product_id': 'bigint', 'name': 'varchar', 'description': 'varchar', 'price': 'decimal(18, 4)',
                'updated_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
            },
            'orders': {
                'order_id': 'bigint', 'ordered_at': 'timestamp with time zone', 'customer_id': 'bigint', 'product_id': 'bigint',
                'quantity': 'bigint', 'unit_price': 'decimal(18, 4)', 'bill': 'decimal(18, 4)', 'status': 'varchar',
                'updated_at': 'timestamp with time zone', '_dlt_load_id': 'varchar',
            },
            'rejected_records': rejected_records,
        },
    }) }}
{% endmacro %}

{% macro create_missing_tables() %}
    {% if execute %}
        {% for schema, tables in raw_tables().items() %}
            {% do run_query('create schema if not exists ' ~ schema) %}
            {% for table, columns in tables.items() %}
                {% set definitions = [] %}
                {% for column, type in columns.items() %}{% do definitions.append(column ~ ' ' ~ type) %}{% endfor %}
                {% do run_query('create table if not exists ' ~ schema ~ '.' ~ table ~ ' (' ~ definitions | join(', ') ~ ')') %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
