#!/bin/bash

# Validate database connection
DB_CONNECTION_STRING=$(grep "DATABASE_URL" /etc/kilocode/mcp/.env | cut -d'=' -f2)

echo "Validating database connection..."
if psql "$DB_CONNECTION_STRING" -c "SELECT 1;" >/dev/null 2>&1; then
    echo "✓ Database connection successful"
    exit 0
else
    echo "✗ Database connection failed"
    exit 1
fi
