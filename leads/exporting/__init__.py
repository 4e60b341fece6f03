"""Lists of leads as files for a spreadsheet: CSV and XLSX, written while they are sent."""
