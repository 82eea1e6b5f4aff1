// SPDX-License-Identifier: Apache-2.0

package stockgit

import (
	"context"

	"github.com/git-devops/git-devops/chunkstore"
)

// A Witness tells what a server has now: each time it is asked, it asks the
// server for its refs. It implements copies.Witness.
type Witness struct{ server *Server }

// Witness returns the server as a witness.
func (s *Server) Witness() *Witness { return &Witness{s} }

// Name implements copies.Witness.
func (w *Witness) Name() string { return w.server.Name }

// Identity is that of the Source.
func (w *Witness) Identity() string { return w.server.URL }

// Have implements copies.Witness.
func (w *Witness) Have(ctx context.Context, ids []chunkstore.ID) ([]bool, error) {
	return w.server.Source().Have(ctx, ids)
}
