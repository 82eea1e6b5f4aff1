// SPDX-License-Identifier: Apache-2.0

package plan

import "errors"

// Make makes the plan.
func Make(in Input) (*Plan, error) {
	return nil, errors.New("not yet")
}
