/* reason - see reason.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/core/reason.h"

#include "common/core/base.h"

static const char *const word[REASON_N] = {
	[REASON_NONE] = "none",
	[REASON_NOT_OURS] = "notOurs",
	[REASON_STANDBY] = "standby",
	[REASON_NOT_SYNCED] = "notSynced",
	[REASON_NO_CONFIG] = "noConfig",
	[REASON_CONFIG_REFUSED] = "configRefused",
	[REASON_NO_POOLS] = "noPools",
	[REASON_NO_CLUSTER_IP] = "noClusterIP",
	[REASON_FAMILY_UNKNOWN] = "familyUnknown",
	[REASON_NOT_DUAL] = "notDualStack",
	[REASON_BAD_REQUEST] = "badRequest",
	[REASON_FAMILY_MISMATCH] = "familyMismatch",
	[REASON_OUTSIDE_POOLS] = "outsidePools",
	[REASON_BUGGY_ADDRESS] = "buggyAddress",
	[REASON_NODE_ADDRESS] = "nodeAddress",
	[REASON_UNKNOWN_POOL] = "unknownPool",
	[REASON_OTHER_POOL] = "otherPool",
	[REASON_SHARING_KEY] = "sharingKey",
	[REASON_SHARING_BACKEND] = "sharingBackend",
	[REASON_PORT_TAKEN] = "portTaken",
	[REASON_POOL_FULL] = "poolFull",
	[REASON_ALL_FULL] = "allPoolsFull",
	[REASON_NO_AUTO_POOL] = "noAutoAssignPool",
	[REASON_OTHER_NAMESPACE] = "poolForOtherNamespaces",
	[REASON_OTHER_LABELS] = "poolForOtherServices",
	[REASON_NO_POOL_FOR_IT] = "noPoolForService",
	[REASON_PARTLY] = "oneFamilyOnly",
};

const char *reason_word(enum reason reason)
{
	CHECK(reason < REASON_N);
	return word[reason];
}
