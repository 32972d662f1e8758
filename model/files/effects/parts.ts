/** The parts of this project that are still to come, as words that follow "comes with". */
export const parts = {
  compliance: "the compliance server",
  tokens: "tokens and sessions",
  limits: "rate limits",
  rules: "rules by network and hour",
  metrics: "metrics, health and alerts",
  compression: "compressed answers",
  rotation: "rotation",
  backups: "backups",
} as const;
