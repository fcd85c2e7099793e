"""The steps of workflows as a picture: `model` says what is shown, `svg` and `flow` show it."""
