/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSF 1.4: incidents and what reviewers say of them are Data Security Findings (2006), anything
 * else is a Base Event (0). What OCSF has no attribute for is below "unmapped".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "siem/siem.h"

#define FINDING 2006U

enum activity {
	ACTIVITY_CREATE = 1,
	ACTIVITY_UPDATE = 2,
	ACTIVITY_CLOSE = 3,
	ACTIVITY_OTHER = 99,
};

static void key_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_object(j);
}

static void key_if(struct json *j, const char *key, const char *value)
{
	if (*value)
		json_key_str(j, key, value);
}

static bool is_finding(const struct siem_event *v)
{
	return v->incident || (strncmp(v->kind, "incident-", 9) == 0 && *v->id);
}

static enum activity activity_of(const struct siem_event *v)
{
	static const char *const closed[] = {"resolved", "false-positive", "ignored"};

	if (!is_finding(v))
		return ACTIVITY_OTHER;
	if (v->incident)
		return ACTIVITY_CREATE;
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
		if (strcmp(v->status, closed[i]) == 0)
			return ACTIVITY_CLOSE;
	return ACTIVITY_UPDATE;
}

static void put_head(struct json *j, const struct siem_event *v)
{
	static const struct {
		const char *status;
		uint64_t id;
	} statuses[] = {{"new", 1}, {"in-progress", 2}, {"confirmed", 2}, {"false-positive", 3},
		{"ignored", 3}, {"resolved", 4}};
	unsigned class = is_finding(v) ? FINDING : 0, activity = activity_of(v);

	json_key_u64(j, "category_uid", class ? 2 : 0);
	json_key_u64(j, "class_uid", class);
	json_key_u64(j, "activity_id", activity);
	if (activity == ACTIVITY_OTHER)
		json_key_str(j, "activity_name", v->kind);
	json_key_u64(j, "type_uid", class * 100 + activity);
	json_key_u64(j, "severity_id", v->severity);
	json_key_u64(j, "time", v->time_ms);
	json_key_str(j, "message", v->sentence);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (class && strcmp(v->status, statuses[i].status) == 0)
			json_key_u64(j, "status_id", statuses[i].id);
	if (class)
		key_if(j, "comment", v->note);
}

static void put_metadata(struct json *j, const struct siem_event *v)
{
	char uid[64];

	snprintf(uid, sizeof(uid), "%.40s-%" PRIu64, v->options->journal, v->entry->seq);
	key_object(j, "metadata");
	json_key_str(j, "version", "1.4.0");
	key_object(j, "product");
	json_key_str(j, "name", "sealgate");
	json_key_str(j, "vendor_name", "sealgate");
	json_key_str(j, "version", SEALGATE_VERSION);
	json_object_end(j);
	json_key_str(j, "uid", uid);
	json_key_u64(j, "sequence", v->entry->seq);
	json_key_str(j, "log_name", v->kind);
	json_key(j, "profiles");
	json_array(j);
	json_str(j, "host"); /* has `device` */
	if (v->incident)
		json_str(j, "security_control");
	json_array_end(j);
	json_object_end(j);
}

static void put_finding(struct json *j, const struct siem_event *v)
{
	key_object(j, "finding_info");
	json_key_str(j, "uid", v->id);
	json_key_str(j, "title",
		!v->incident         ? "Classified document: update"
			: v->refused ? "Classified document refused"
				     : "Classified document allowed");
	if (v->incident) {
		json_key_u64(j, "created_time", v->time_ms);
		json_key(j, "types");
		json_array(j);
		json_str(j, v->incident->level_text);
		json_array_end(j);
	}
	json_object_end(j);
}

static void put_file(struct json *j, const char *key, const char *path, const struct incident *i)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash && slash[1] ? slash + 1 : path;

	key_object(j, key);
	json_key_str(j, "name", *name ? name : "-");
	json_key_u64(j, "type_id", 1);
	key_if(j, "path", path);
	if (i && *i->sha256) {
		json_key(j, "hashes");
		json_array(j);
		json_object(j);
		json_key_u64(j, "algorithm_id", 3);
		json_key_str(j, "value", i->sha256);
		json_object_end(j);
		json_array_end(j);
	}
	if (i)
		json_key_u64(j, "size", i->size);
	json_object_end(j);
}

static void put_user(struct json *j, const struct incident *i)
{
	char uid[24];

	snprintf(uid, sizeof(uid), "%" PRIu64, i->uid);
	key_object(j, "user");
	key_if(j, "name", i->user);
	json_key_str(j, "uid", uid);
	json_object_end(j);
}

static void put_actor(struct json *j, const struct incident *i)
{
	key_object(j, "actor");
	key_if(j, "app_name", *i->app_name ? i->app_name : i->app);
	key_if(j, "app_uid", i->app);
	key_object(j, "process");
	json_key_u64(j, "pid", i->pid);
	key_if(j, "name", i->comm);
	if (*i->exe)
		put_file(j, "file", i->exe, NULL);
	key_object(j, "parent_process");
	json_key_u64(j, "pid", i->ppid);
	if (i->n_ancestry > 0)
		key_if(j, "name", incident_ancestor(i, 0).comm);
	json_object_end(j);
	put_user(j, i);
	json_object_end(j);
	put_user(j, i);
	json_object_end(j);
}

static void put_data_security(struct json *j, const struct incident *i)
{
	/* Not confidential, restricted, confidential, secret, top secret */
	static const uint64_t confidentiality[] = {1, 6, 2, 3, 4};
	char version[24];

	snprintf(version, sizeof(version), "%" PRIu64, i->policy_version);
	key_object(j, "data_security");
	json_key_u64(j, "confidentiality_id", i->level_known ? confidentiality[i->level] : 0);
	json_key_str(j, "confidentiality", i->level_text);
	json_key_u64(j, "data_lifecycle_state_id", 3); /* in use */
	json_key_u64(j, "detection_system_id", 1);     /* endpoint */
	if (i->n_evidence > 0)
		json_key_str(j, "detection_pattern", incident_evidence(i, 0).rule);
	key_object(j, "policy");
	json_key_str(j, "name", *i->rule ? i->rule : "-");
	json_key_str(j, "version", version);
	json_object_end(j);
	json_object_end(j);
}

static void put_incident(struct json *j, const struct siem_event *v)
{
	const struct incident *i = v->incident;

	put_actor(j, i);
	put_file(j, "file", i->path, i);
	put_data_security(j, i);
	json_key_bool(j, "is_alert", v->refused);
	json_key_u64(j, "action_id", v->refused ? 2 : 1);
	json_key_u64(j, "disposition_id", v->refused ? 2 : 1);
}

static int put_unmapped(struct json *j, const struct siem_event *v)
{
	cleanup_with(buf_done) struct buf record = BUF_INIT(0);
	int r = v->incident ? incident_json(v->incident, &record) : 0;

	if (r < 0)
		return r;
	key_object(j, "unmapped");
	json_key(j, "sealgate");
	json_raw(j, v->incident ? buf_view(&record) : siem_payload(v));
	json_object_end(j);
	return 0;
}

int siem_ocsf(const struct siem_event *v, struct buf *out)
{
	const char *host = v->incident && *v->incident->host ? v->incident->host : v->options->host;
	struct json j;
	int r;

	json_init(&j, out);
	json_object(&j);
	put_head(&j, v);
	put_metadata(&j, v);
	if (is_finding(v))
		put_finding(&j, v);
	key_object(&j, "device");
	json_key_u64(&j, "type_id", 0);
	json_key_str(&j, "hostname", host);
	json_object_end(&j);
	if (v->incident)
		put_incident(&j, v);
	r = put_unmapped(&j, v);
	json_object_end(&j);
	return r < 0 ? r : json_error(&j);
}
