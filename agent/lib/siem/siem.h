/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record of the journal in the forms that other systems take: JSON Lines, CEF, the Elastic
 * Common Schema, OCSF (Data Security Finding) and RFC 5424. Pure functions; a record that a form
 * has no place for is told in that form's most general event, so that no number is left out.
 */
#pragma once

#include "base/buf.h"
#include "base/macros.h"
#include "journal/incident.h"
#include "journal/journal.h"
#include "model/level.h"

enum siem_format {
	SIEM_JSONL,
	SIEM_CEF,
	SIEM_ECS,
	SIEM_OCSF,
	SIEM_RFC5424,
	SIEM_FORMAT_MAX,
};

/* "jsonl", "cef", "ecs", "ocsf", "rfc5424". 0 or -EINVAL. */
must_check int siem_format_parse(const char *name, enum siem_format *ret);

struct siem_options {
	enum siem_format format;
	enum level hide_names, hide_snippets; /* from there up; LEVEL_NONE and LEVEL_MAX: never */
	const char *host;                     /* of records that do not say */
	const char *journal;                  /* its id, "" where not known */
};

/* Appends one line, without a line feed. 0 or -errno; -EBADMSG where the record cannot be read. */
must_check int siem_put(
	const struct journal_entry *e, const struct siem_options *o, struct buf *out);

/* An RFC 5424 message whose text is the record in the form of the options; that of SIEM_RFC5424 is
   structured data and a sentence. */
must_check int siem_syslog(
	const struct journal_entry *e, const struct siem_options *o, struct buf *out);

/* For its files: what all of them need of a record. */
struct siem_event {
	const struct journal_entry *entry;
	const struct siem_options *options;
	struct incident *incident; /* of the kind "incident", concealed as the options say */
	struct buf concealed;      /* the payload of another record, where it names a file */
	char kind[32], what[64], id[INCIDENT_ID_MAX + 1], status[24], by[64], note[512], text[512];
	uint64_t time_ms, retries;
	unsigned severity; /* 1 informational ... 5 critical */
	bool refused;
	char sentence[768];
};

/* Of a record that is no incident, concealed as the options say. */
static inline struct view siem_payload(const struct siem_event *v)
{
	return v->concealed.n ? buf_view(&v->concealed) : v->entry->payload;
}

must_check int siem_cef(const struct siem_event *v, struct buf *out);
must_check int siem_ecs(const struct siem_event *v, struct buf *out);
must_check int siem_ocsf(const struct siem_event *v, struct buf *out);
must_check int siem_rfc5424(const struct siem_event *v, struct view text, struct buf *out);
