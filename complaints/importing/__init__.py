"""Bringing in spreadsheets: recognise the table, read each row, find who answers for it, land it through the actions."""
