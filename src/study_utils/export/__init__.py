"""A trained model for use without this project. Start reading at `study_utils.export.__main__.main`."""
