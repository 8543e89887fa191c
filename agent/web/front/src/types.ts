// SPDX-License-Identifier: Apache-2.0
// What the server answers: the words of `sealgate ... --json`.
export const LEVELS = ['none', 'internal', 'confidential', 'secret', 'top-secret'] as const;
export const STATUSES = ['new', 'in-progress', 'confirmed', 'resolved', 'false-positive', 'ignored'] as const;
export const ACTIONS = ['allow', 'log', 'notify', 'justify', 'block', 'quarantine'] as const;
export type Status = (typeof STATUSES)[number];
export type Role = 'reviewer' | 'author' | 'approver' | 'auditor';

export interface Session {
  user: string;
  name?: string;
  roles: Role[];
  csrf: string;
  host?: string;
  version?: string;
  expires?: string;
}

export interface Evidence {
  rule: string;
  pack: string;
  level: string;
  part: string;
  page?: number;
  member?: string;
  snippet: string;
  score?: number;
}

export interface Step {
  time: string;
  by?: string;
  status?: string;
  assignee?: string;
  tag?: string;
  untag?: string;
  note?: string;
  revealed?: boolean;
  taken?: boolean;
}

export interface Incident {
  id: string;
  time: string;
  last?: string;
  host?: string;
  user?: string;
  uid?: number;
  app?: string;
  app_name?: string;
  pid?: number;
  ppid?: number;
  exe?: string;
  comm?: string;
  identified?: string;
  package?: string | null;
  sandbox?: string;
  ancestry?: { pid: number; comm?: string; exe?: string }[];
  channel: string;
  path: string;
  files?: { path: string; level: string }[];
  level: string;
  tags?: string[];
  completeness?: string;
  reasons?: string[];
  format?: string;
  size?: number;
  sha256?: string;
  evidence?: Evidence[];
  action: string;
  intended?: string;
  mode?: string;
  rule?: string;
  message?: string;
  policy_version?: number;
  rules_version?: string;
  override?: number;
  cause?: string;
  hold_ms?: number;
  retries?: number;
  destination?: string | null;
  meeting?: boolean;
  user_notified?: boolean;
  copies?: { what: 'kept' | 'failed' | 'removed' | 'leftover'; time?: string; sha256?: string; copy?: string; copy_size?: number; text?: string }[];
  quarantine?: { moved: boolean; id: string; why: string };
  status?: string;
  assignee?: string;
  notes?: unknown[];
  labels?: string[];
  history?: Step[];
  concealed?: string[];
}

export interface TraceStep {
  name: string;
  matches: boolean;
  decides: boolean;
  why: string | null;
  why_vi: string | null;
}

/** The incident's question, put again to the policy of then. */
export interface Traced {
  policy_version: number;
  available: boolean;
  same?: boolean;
  rule?: string | null;
  action?: string;
  rules?: TraceStep[];
  failures?: TraceStep[];
  remarks?: string[];
}

export interface IncidentPage extends Incident {
  similar?: { count: number; href?: string } | null;
  prev?: string | null;
  next?: string | null;
  seen?: number;
}

export interface Listing {
  total: number;
  seen?: number;
  incidents?: Incident[];
  groups?: Group[];
  next?: string | null;
}

export interface Group {
  key: string;
  name?: string;
  count: number;
  last: string;
  levels: Record<string, number>;
  open: number;
  sample_id?: string;
}

export interface MarkResult {
  results: { id: string; ok: boolean; error?: string | { message_vi?: string; message_en?: string } | null }[];
}

export interface Mark {
  /** The last record that was read for what is shown: who marks what another one marked since is told. */
  seen?: number | undefined;
  status?: string;
  assignee?: string;
  note?: string;
  tag?: string;
  untag?: string;
}

export interface Process {
  role: string;
  index?: number;
  pid: number;
  state: string;
  restarts: number;
  note?: string;
  last_error?: string;
}

export interface Health {
  version?: string;
  started?: string;
  policy?: { version?: number; mode?: string; rules?: number; applications?: number; file_refused?: boolean; loaded?: string; author?: string };
  configuration_error?: string;
  rules?: { packs?: number; rules?: number; generation?: string; files_refused?: boolean };
  scan?: { workers?: number; idle?: number; done?: number; crashed?: number; timed_out?: number };
  store?: { files?: number; failed?: number; lost?: number };
  journal?: { incidents?: number; appended?: number; waiting?: number; lost?: number; last_seq?: number };
  watch?: { connected?: boolean; crawl_complete?: boolean; files_seen?: number; directories?: number; overflows?: number; known?: number; note?: string; folders_left?: number; files_left?: number };
  supervisor?: {
    pid?: number;
    serving?: boolean;
    processes?: Process[];
    engine?: { name?: string; kernel?: string };
    coverage?: { mount: string; type: string; state: string; why?: string }[];
    ways?: { area: string; area_vi: string; state: string; why: string; why_vi: string }[];
    lineage?: string;
    accounts_missing?: boolean;
    gate?: Record<string, unknown> & { gated?: number; held?: number; denied?: number; records_lost?: number; max_ms?: { held?: number; ungated?: number; known?: number } };
  };
}

export interface Overview {
  days: { day: string; block: number; justify: number; notify: number; log: number; quarantine?: number; false_positive: number }[];
  levels: Record<string, number>;
  apps: { app: string; name?: string; count: number }[];
  rules: { rule: string; count: number; judged?: number; false_positive: number }[];
  status: Record<string, number>;
  journal?: { records?: number; gaps?: number; unread?: number; verified?: boolean | null; verified_at?: string;
    verified_records?: number; verified_seq?: number; sealed_seq?: number; sealed_time?: string; key?: string; last_checkpoint?: string | null } | null;
}

export interface Diagnostic {
  file: string;
  line: number;
  column: number;
  severity: string;
  code?: string;
  message: string;
  hint?: string | null;
}

export interface PolicyFile {
  name: string;
  text: string;
  kind?: string;
}

export interface Policy {
  version: number;
  time?: string;
  author?: string;
  user?: string;
  reason?: string;
  digest?: string;
  files: PolicyFile[];
  managed?: boolean;
}

export interface Difference {
  same?: boolean;
  weaker?: boolean;
  cut?: boolean;
  lines_vi?: string[];
  lines_en?: string[];
  changes?: { text: string; before?: { action: string }; after?: { action: string } }[];
}

export interface Effects {
  name?: string;
  same: number;
  new_block: number;
  vanished_block: number;
  other: number;
}

export interface Simulation {
  from?: string;
  to?: string;
  incidents: Effects;
  opens: Effects;
  rule?: Effects[];
  app?: Effects[];
  user?: Effects[];
  unit?: Effects[];
  examples?: Example[];
  at_rest?: { documents: number; new_finding: number; vanished_finding: number } | null;
}

export interface Example {
  id: string;
  time: string;
  user: string;
  app: string;
  path: string;
  effect: string;
  action: string;
  rule: string;
  new_action: string;
  new_rule: string;
}

export interface Version {
  version: number;
  time: string;
  user?: string;
  how?: string;
  reason?: string;
  in_force_since?: string | null;
}

export interface Facts {
  level: string;
  tags?: string[];
  completeness?: string;
  reasons?: string[];
  format?: string;
  size?: number;
  sha256?: string;
  ms?: number;
  evidence?: Evidence[];
}

export interface Explained extends Facts {
  app?: string;
  rules?: TraceStep[];
  verdict?: { action: string; intended?: string; rule?: string | null; message?: string | null };
}

export interface Document {
  path: string;
  concealed?: string[];
  level: string;
  completeness?: string;
  reasons?: string[];
  tags?: string[];
  size?: number;
  owner?: string;
  uid?: number;
  mtime?: string;
  first_seen?: string;
  last_checked?: string;
  rule?: string | null;
}
