"""`kseg schema`: the JSON Schema of a recipe, for editors that complete and check."""

import typer


def schema() -> None:
    """Print the JSON Schema (draft 7) of a recipe file, with the meaning of every key."""
    from kseg.recipe import schema_json

    typer.echo(schema_json(), nl=False)
