from supervision.bulletin import admin as bulletin
from supervision.rectification import admin as rectification
from supervision.telling import admin as telling
from supervision.watch import admin as watch

__all__ = ["bulletin", "rectification", "telling", "watch"]
