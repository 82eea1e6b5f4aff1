// SPDX-License-Identifier: Apache-2.0

package node

import "strings"

// XattrCapability is what a chown clears.
const XattrCapability = "security.capability"

// ManagedXattr tells whether an extended attribute is captured, compared and
// written. The others belong to the host's security modules.
func ManagedXattr(name string) bool {
	switch name {
	case XattrCapability, "system.posix_acl_access", "system.posix_acl_default":
		return true
	}
	return strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "trusted.")
}
