#!/bin/bash

# Validate JSON configuration files
CONFIG_DIR="/etc/kilocode/mcp"
ERROR_COUNT=0

for config_file in "$CONFIG_DIR"/*.json; do
    echo "Validating $config_file..."
    if [ -f "$config_file" ]; then
        if jq empty "$config_file" 2>/dev/null; then
            echo "✓ $config_file is valid JSON"
        else
            echo "✗ $config_file is invalid JSON"
            ERROR_COUNT=$((ERROR_COUNT + 1))
        fi
    else
        echo "⚠ $config_file does not exist"
    fi
done

if [ $ERROR_COUNT -eq 0 ]; then
    echo "All configuration files are valid"
    exit 0
else
    echo "Found $ERROR_COUNT invalid configuration files"
    exit 1
fi
