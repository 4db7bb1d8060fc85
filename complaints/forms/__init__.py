"""What people may type, checked before any rule is asked. The API takes the same forms."""
