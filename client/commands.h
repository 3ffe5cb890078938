/* Every command is one constant in the file that runs it. */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/cli.h"

extern const struct cmd cmd_init;
extern const struct cmd cmd_unseal;
extern const struct cmd cmd_seal;
extern const struct cmd cmd_status;
extern const struct cmd cmd_key_attest;
extern const struct cmd cmd_case_open;
extern const struct cmd cmd_case_list;
extern const struct cmd cmd_case_show;
extern const struct cmd cmd_case_break_glass;
extern const struct cmd cmd_case_glass_review;
extern const struct cmd cmd_case_glass_list;
extern const struct cmd cmd_case_event;
extern const struct cmd cmd_person_add;
extern const struct cmd cmd_person_list;
extern const struct cmd cmd_person_show;
extern const struct cmd cmd_person_edit;
extern const struct cmd cmd_file;
extern const struct cmd cmd_list;
extern const struct cmd cmd_show;
extern const struct cmd cmd_history;
extern const struct cmd cmd_receipt;
extern const struct cmd cmd_get;
extern const struct cmd cmd_find;
extern const struct cmd cmd_consent_give;
extern const struct cmd cmd_consent_withdraw;
extern const struct cmd cmd_consent_list;
extern const struct cmd cmd_consent_receipt;
extern const struct cmd cmd_consent_letter;
extern const struct cmd cmd_consent_end;
extern const struct cmd cmd_consent_refuse;
extern const struct cmd cmd_extract_preview;
extern const struct cmd cmd_extract_release;
extern const struct cmd cmd_extract_list;
extern const struct cmd cmd_extract_page;
extern const struct cmd cmd_extract_approve;
extern const struct cmd cmd_extract_deliver;
extern const struct cmd cmd_extract_ack;
extern const struct cmd cmd_extract_revoke;
extern const struct cmd cmd_extract_open;
extern const struct cmd cmd_notice_list;
extern const struct cmd cmd_notice_settle;
extern const struct cmd cmd_submission_list;
extern const struct cmd cmd_submission_get;
extern const struct cmd cmd_submission_take;
extern const struct cmd cmd_submission_accept;
extern const struct cmd cmd_submission_discard;
extern const struct cmd cmd_submission_reject;
extern const struct cmd cmd_due;
extern const struct cmd cmd_subject_erase;
extern const struct cmd cmd_subject_object;
extern const struct cmd cmd_subject_objections;
extern const struct cmd cmd_subject_objection_decide;
extern const struct cmd cmd_retention_hold;
extern const struct cmd cmd_retention_hold_list;
extern const struct cmd cmd_retention_hold_review;
extern const struct cmd cmd_retention_release;
extern const struct cmd cmd_retention_show;
extern const struct cmd cmd_retention_approve;
extern const struct cmd cmd_retention_run;
extern const struct cmd cmd_audit_log;
extern const struct cmd cmd_audit_who_saw;
extern const struct cmd cmd_audit_what_did;
extern const struct cmd cmd_audit_proof;
extern const struct cmd cmd_audit_checkpoint;
extern const struct cmd cmd_audit_export;
extern const struct cmd cmd_verify_log;
extern const struct cmd cmd_verify_certificate;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_policy_check;
extern const struct cmd cmd_policy_test;
extern const struct cmd cmd_policy_diff;
extern const struct cmd cmd_policy_show;
extern const struct cmd cmd_policy_sign;
extern const struct cmd cmd_policy_apply;
extern const struct cmd cmd_policy_authorized_keys;
extern const struct cmd cmd_policy_explain;
extern const struct cmd cmd_publish;
extern const struct cmd cmd_partner;
extern const struct cmd cmd_relay;

#endif
