"""The artefact: layers, running, saving, exporting."""
