#!/bin/bash

# Validate environment variables
ENV_FILE="/etc/kilocode/mcp/.env"
REQUIRED_VARS=(
    "KILOCODE_ENV"
    "KILOCODE_PROJECT_PATH"
    "DATABASE_URL"
    "MCP_MEMORY_VECTOR_DB_PATH"
    "JWT_SECRET"
    "API_KEY"
)

echo "Validating environment variables..."
source "$ENV_FILE"

ERROR_COUNT=0
for var in "${REQUIRED_VARS[@]}"; do
    if [ -z "${!var}" ]; then
        echo "✗ Required variable $var is not set"
        ERROR_COUNT=$((ERROR_COUNT + 1))
    else
        echo "✓ $var is set"
    fi
done

if [ $ERROR_COUNT -eq 0 ]; then
    echo "All required environment variables are set"
    exit 0
else
    echo "Found $ERROR_COUNT missing environment variables"
    exit 1
fi
