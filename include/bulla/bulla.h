/* SPDX-License-Identifier: Apache-2.0 */
/* All of libbulla, in reading order. */
#ifndef BULLA_BULLA_H
#define BULLA_BULLA_H

#include <bulla/bytes.h>
#include <bulla/error.h>

#include <bulla/certificate.h>
#include <bulla/trust.h>

#include <bulla/memo.h>
#include <bulla/pins.h>
#include <bulla/revocation.h>
#include <bulla/session.h>

#include <bulla/report.h>

#include <bulla/credential.h>

#include <bulla/config.h>
#include <bulla/policy.h>

#include <bulla/connection.h>
#include <bulla/version.h>

#endif
