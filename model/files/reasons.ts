/** Why keys cannot be set, in words that follow "because". */
export const reasons = {
  tls: "TLS cannot be switched off",
  mounted: "the container's image and volumes have it there",
  entrance: "no server runs without authentication",
  keys: "the stack makes its keys in this form",
} as const;
