import type { ServerName } from "../names.ts";

/**
 * Tools that only read, which a client may call without asking its user and which a bridge may repeat when an
 * answer was lost. The servers say the same in each tool's `readOnlyHint`; a test compares.
 */
export const readingTools: Readonly<Record<ServerName, readonly string[]>> = {
  filesystem: [
    "read_file",
    "read_text_file",
    "read_media_file",
    "read_multiple_files",
    "list_directory",
    "list_directory_with_sizes",
    "directory_tree",
    "search_files",
    "get_file_info",
    "list_allowed_directories",
    "list_changes",
  ],
  postgres: [
    "execute_query",
    "fetch_rows",
    "explain_query",
    "get_tables",
    "get_schema",
    "describe_table",
    "list_schemas",
  ],
  memory: ["retrieve_memory", "recall_memory", "search_by_tag", "list_tags", "get_stats"],
  compliance: ["list_rules", "get_results", "get_score", "list_fixes"],
};

/** The reading tools of a server; none of one that is not known. */
export function readingToolsOf(server: string): readonly string[] {
  return Object.hasOwn(readingTools, server) ? readingTools[server as ServerName] : [];
}
