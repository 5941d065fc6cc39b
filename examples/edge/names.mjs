// The static names of docs/format.md, section 15: the place of each is its code.

export const STATIC_NAMES = [
  "_permanent", "_user_id", "_fresh", "_id", "csrf_token", "_flashes", "_remember",
  "_remember_seconds", "next", "user_id", "user", "username", "email", "name", "role", "roles",
  "cart", "cart_id", "basket", "locale", "lang", "language", "timezone", "theme", "currency",
  "country", "last_seen", "last_login", "recent", "recently_viewed", "history", "token",
  "access_token", "refresh_token", "id_token", "expires_at", "userinfo", "profile", "state",
  "nonce", "code_verifier", "oauth_state", "oauth_token", "oauth_token_secret",
  "google_oauth_token", "google_oauth_state", "github_oauth_token", "github_oauth_state",
  "oidc_auth_token", "oidc_auth_profile", "flow", "token_cache", "samlNameId", "samlSessionIndex",
  "samlUserdata", "identity.id", "identity.auth_type", "fs_cc", "fs_paa", "fs_gexp", "fs_pwd",
  "tf_state", "tf_primary_method", "tf_remember_login", "logged_in", "authenticated", "is_admin",
  "admin", "permissions", "groups", "account_id", "tenant_id", "organization_id", "project_id",
  "customer_id", "order_id", "next_url", "redirect_url", "return_to", "referrer", "filters",
  "search", "query", "sort", "page", "per_page", "step", "wizard", "form", "form_data",
  "preferences", "settings", "count", "counter", "visits", "views", "created_at", "updated_at",
  "started_at", "_csrf_token", "consent", "captcha", "impersonator_id",
];
