from supervision.bulletin import admin as bulletin
from supervision.rectification import admin as rectification
from supervision.telling import admin as telling

__all__ = ["bulletin", "rectification", "telling"]
