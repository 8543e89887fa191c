/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outlook messages (.msg): a storage of properties, one stream for each longer one. What becomes of
 * them is as in mail.h: the subject, the sensitivity and telling transport headers are
 * PLACE_MAIL_HEADER, the bodies PLACE_MAIL_BODY. Named properties are mail headers where their name
 * tells of classification, else PLACE_PROPERTY with their name.
 */
#pragma once

#include "extract/cfb.h"
#include "text/encoding.h"

/* Named properties, and values of one, that are read. */
#define MSG_NAMES_MAX  4096
#define MSG_VALUES_MAX 1024

/* Bytes of a name that are kept. */
#define MSG_NAME_MAX 256

/* The stream that every message, attachment and recipient has. */
#define MSG_PROPERTIES "__properties_version1.0"

enum msg_id {
	MSG_CLASS = 0x001a,
	MSG_SENSITIVITY = 0x0036,
	MSG_SUBJECT = 0x0037,
	MSG_HEADERS = 0x007d,
	MSG_NORMAL_SUBJECT = 0x0e1d,
	MSG_BODY = 0x1000,
	MSG_RTF = 0x1009,
	MSG_HTML = 0x1013,
	MSG_DISPLAY_NAME = 0x3001,
	MSG_DATA = 0x3701,
	MSG_SHORT_NAME = 0x3704,
	MSG_LONG_NAME = 0x3707,
	MSG_MIME_TYPE = 0x370e,
	MSG_INTERNET_PAGE = 0x3fde,
	MSG_CODE_PAGE = 0x3ffd,
};

enum msg_type {
	MSG_TYPE_LONG = 0x0003,
	MSG_TYPE_OBJECT = 0x000d,
	MSG_TYPE_BYTES = 0x001e,
	MSG_TYPE_UNITS = 0x001f,
	MSG_TYPE_BINARY = 0x0102,
	MSG_TYPE_MANY = 0x1000,
};

/* The properties of one storage. */
struct msg_props {
	struct cfb *c;
	uint32_t storage;
	struct buf fixed; /* entries of 16 bytes behind a head */
	bool has_encoding, has_internet;
	enum encoding encoding, internet; /* of 8-bit strings, of the HTML */
};

must_check int msg_props_open(struct msg_props *p, struct cfb *c, uint32_t storage);
void msg_props_done(struct msg_props *p);

/* A number; false where there is none. */
bool msg_number(const struct msg_props *p, uint16_t id, uint32_t *ret);

/* The entry of a property's stream or storage, CFB_NONE where there is none. */
uint32_t msg_stream(const struct msg_props *p, uint16_t id, uint16_t type);

/* A string as UTF-8 into `out` (cleared before), in whichever type it is; empty where there is
   none. */
must_check int msg_string(const struct msg_props *p, uint16_t id, struct buf *out);

/* The values of the named properties, one call of `take` for each. */
must_check int msg_names(const struct msg_props *p,
	int (*take)(const struct msg_props *p, struct view name, struct view value));

/* Compressed RTF: MSG_RTF_DAMAGED where it is none or breaks off; `out` has what came before. */
#define MSG_RTF_DAMAGED 2
must_check int msg_rtf_unpack(struct extractor *x, struct view in, struct buf *out);

must_check int msg_extract(struct cfb *c, uint32_t storage);
