from supervision.telling import admin as telling

__all__ = ["telling"]
