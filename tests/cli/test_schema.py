import json

import typer
from typer.testing import CliRunner

from kseg.cli.schema import schema


def test_the_schema_is_printed_as_json():
    app = typer.Typer()
    app.command()(schema)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert "model" in json.loads(result.stdout)["properties"]
