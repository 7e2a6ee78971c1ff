/** The routes of namespaces and tokens, each with every code that it may refuse with. */
import {
  ASKED,
  ASKING,
  BACKED_UP,
  CHANGES,
  COMMITS,
  COMMITTED,
  JSON_BODY,
  type Operation,
  REPLACES,
  ROOT,
  SAID,
  SETTING_PUT,
  SETTINGS,
  STORE,
} from "../operation.ts";

const TOKEN_HEADERS = ["ETag", "Ledge-Revision", ...BACKED_UP] as const;

/** Of a token that is managed. */
const MANAGED = {
  anyOf: [{ verb: "admin", over: "any" }],
  besides: " and every verb that the token holds, over the same keys",
} as const;

const namespaceRoutes = [
  {
    id: "listNamespaces",
    component: "admin",
    method: "get",
    path: "/v1/admin/namespaces",
    summary: "The namespaces that the token administers.",
    needs: { anyOf: [{ verb: "admin", over: "any" }] },
    parameters: ["limit", "cursor"],
    answers: { 200: { description: "A page.", content: "NamespacesPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_cursor", "forbidden"],
  },
  {
    id: "readNamespace",
    component: "admin",
    method: "get",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "One namespace: its settings and what it holds.",
    needs: { anyOf: [{ verb: "admin", over: "namespace" }] },
    parameters: ["ownNamespace"],
    answers: { 200: { description: "The namespace.", content: "Namespace", headers: ["ETag"] } },
    codes: [...ASKED, "bad_namespace", "namespace_not_found", "forbidden"],
  },
  {
    id: "putNamespace",
    component: "admin",
    method: "put",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "Makes a namespace, or replaces its settings.",
    needs: { anyOf: [ROOT] },
    parameters: ["ownNamespace", ...SETTINGS],
    body: { schema: "NamespaceBody", bytesMax: 16_384 },
    answers: SETTING_PUT,
    codes: [...ASKED, ...REPLACES, ...JSON_BODY, "bad_namespace", "in_use"],
  },
  {
    id: "deleteNamespace",
    component: "admin",
    method: "delete",
    path: "/v1/admin/namespaces/{namespace}",
    summary: "Deletes a namespace that holds no documents and that no live token names.",
    needs: { anyOf: [ROOT] },
    parameters: ["ownNamespace", ...SETTINGS],
    answers: { 200: { description: "Deleted.", content: "CommitAnswer", headers: COMMITTED } },
    codes: [
      ...ASKED,
      ...REPLACES,
      "bad_namespace",
      "namespace_not_found",
      "not_empty",
      "in_use",
      "invalid_body",
    ],
  },
] as const satisfies readonly Operation[];

const tokenRoutes = [
  {
    id: "bootstrap",
    component: "admin",
    method: "post",
    path: "/v1/admin/bootstrap",
    summary:
      "The first token, for whoever knows the bootstrap secret. The caller makes the secret and sends its digest.",
    needs: "bootstrap_secret",
    parameters: SAID,
    body: { schema: "BootstrapBody", bytesMax: 4096 },
    answers: {
      200: {
        description: "This request has made it before.",
        content: "Token",
        headers: TOKEN_HEADERS,
      },
      201: { description: "Made.", content: "Token", headers: TOKEN_HEADERS },
    },
    codes: [
      ...ASKING,
      ...STORE,
      ...JSON_BODY,
      ...COMMITS,
      "read_only",
      "bad_header",
      "unauthenticated",
      "bootstrap_refused",
      "bootstrap_done",
      "bucket_foreign",
    ],
  },
  {
    id: "recover",
    component: "admin",
    method: "post",
    path: "/v1/admin/recover",
    summary:
      "A root token for one hour, for whoever knows the recovery secret, when no root token works any more. One lives at a time. The caller makes the secret and sends its digest.",
    needs: "recovery_secret",
    parameters: SAID,
    body: { schema: "RecoverBody", bytesMax: 4096 },
    answers: {
      200: {
        description: "This request has made it before, and it still lives.",
        content: "Token",
        headers: TOKEN_HEADERS,
      },
      201: { description: "Made. It ends in an hour.", content: "Token", headers: TOKEN_HEADERS },
    },
    codes: [
      ...ASKING,
      ...STORE,
      ...JSON_BODY,
      ...COMMITS,
      "read_only",
      "bad_header",
      "unauthenticated",
      "recovery_refused",
      "recovery_active",
      "exists",
    ],
  },
  {
    id: "listTokens",
    component: "admin",
    method: "get",
    path: "/v1/admin/tokens",
    summary: "Tokens whose grants lie within the caller's, revoked ones too.",
    needs: { anyOf: [{ verb: "admin", over: "any" }] },
    parameters: ["tokenName", "limit", "cursor"],
    answers: { 200: { description: "A page.", content: "TokensPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_cursor", "forbidden"],
  },
  {
    id: "makeToken",
    component: "admin",
    method: "post",
    path: "/v1/admin/tokens",
    summary:
      "Makes a token from the digest of a secret that the caller made. The same again is answered alike.",
    needs: {
      anyOf: [{ verb: "admin", over: "any" }],
      besides: " and every verb that the token gets, over the same keys",
    },
    parameters: SAID,
    body: { schema: "TokenBody", bytesMax: 262_144 },
    answers: {
      200: { description: "It was there already.", content: "Token", headers: TOKEN_HEADERS },
      201: { description: "Made.", content: "Token", headers: TOKEN_HEADERS },
    },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY, "exists", "escalation"],
  },
  {
    id: "revokeTokens",
    component: "admin",
    method: "delete",
    path: "/v1/admin/tokens",
    summary:
      "Revokes the living tokens whose names begin with `name` and whose grants lie within the caller's, in one commit.",
    needs: { anyOf: [{ verb: "admin", over: "any" }] },
    parameters: ["tokenName", ...SAID],
    answers: {
      200: {
        description: "Those that were revoked; none where none lived.",
        content: "TokensPage",
      },
    },
    codes: [...ASKED, ...CHANGES, "stale", "in_use", "invalid_body", "too_many_changes"],
  },
  {
    id: "readToken",
    component: "admin",
    method: "get",
    path: "/v1/admin/tokens/{accessor}",
    summary: "One token.",
    needs: MANAGED,
    parameters: ["accessor"],
    answers: { 200: { description: "The token.", content: "Token", headers: ["ETag", "Ledge-Revision"] } },
    codes: [...ASKED, "not_found", "forbidden"],
  },
  {
    id: "revokeToken",
    component: "admin",
    method: "delete",
    path: "/v1/admin/tokens/{accessor}",
    summary:
      "Revokes a token at once and for ever; it stays in the list. Living tokens that come from it are counted, and go on unless `children=revoke`.",
    needs: MANAGED,
    parameters: ["accessor", "children", ...SAID, "ifMatch"],
    answers: { 200: { description: "Revoked.", content: "Token", headers: TOKEN_HEADERS } },
    codes: [...ASKED, ...CHANGES, "stale", "not_found", "in_use", "invalid_body", "too_many_changes"],
  },
  {
    id: "rotateToken",
    component: "admin",
    method: "post",
    path: "/v1/admin/tokens/{accessor}/rotate",
    summary:
      "Gives a token another secret; the old one ends at once. With `overlap` another token like it is made, and the old one ends that much later.",
    needs: MANAGED,
    parameters: ["accessor", ...SAID, "ifMatch"],
    body: { schema: "RotateBody", bytesMax: 1024 },
    answers: {
      200: { description: "Rotated.", content: "Token", headers: TOKEN_HEADERS },
      201: { description: "The other token was made.", content: "Token", headers: TOKEN_HEADERS },
    },
    codes: [...ASKED, ...CHANGES, ...JSON_BODY, "stale", "not_found", "exists", "escalation"],
  },
] as const satisfies readonly Operation[];

export const adminRoutes = [...namespaceRoutes, ...tokenRoutes] as const;
