from django.db import migrations

import monitoring.store.models.fields

TABLES = ('tachograph_operation_period', 'tachograph_query_period')


def convert(schema_editor, new_type, expression):
    if schema_editor.connection.vendor != 'postgresql':  # where the tables are not either
        return
    for table in TABLES:
        schema_editor.execute(
            f'ALTER TABLE {table} ALTER COLUMN histogram TYPE {new_type} USING {expression}'
        )


def to_arrays(apps, schema_editor):
    convert(schema_editor, 'bigint[]', "translate(histogram::text, '[]', '{}')::bigint[]")


def to_json(apps, schema_editor):
    convert(schema_editor, 'jsonb', 'to_jsonb(histogram)')


class Migration(migrations.Migration):

    dependencies = [
        ('tachograph', '0001_the_store'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(to_arrays, to_json)],
            state_operations=[
                migrations.AlterField('operationperiod', 'histogram', monitoring.store.models.fields.Counts()),
                migrations.AlterField('queryperiod', 'histogram', monitoring.store.models.fields.Counts()),
            ],
        ),
    ]
