#!/bin/sh

test_description='stores: a bucket of a real S3 server

Credentials come from the environment or a file and go nowhere else; a server
that refuses, dies or comes back costs an error that says so, and time.'

. ./test-lib.sh
. "$TEST_DIR/lib-large.sh"

server=$(HOME=$ORIGINAL_HOME "$TEST_DIR/s3-server.sh") || {
	echo "Bail out! The S3 server cannot be built."
	exit 1
}
port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
url=s3:http://127.0.0.1:$port/chunks
AWS_ACCESS_KEY_ID='test'
AWS_SECRET_ACCESS_KEY=not-a-secret
AWS_REGION=us-east-1
AWS_EC2_METADATA_DISABLED=true
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_EC2_METADATA_DISABLED

# start_server: the server, as process $pid, answers.
start_server () {
	mkdir -p data/chunks meta &&
	{ "$server" --port 127.0.0.1:$port --access test --secret not-a-secret --quiet --keep-alive \
		posix --sidecar "$PWD/meta" "$PWD/data" >server.log 2>&1 & } &&
	pid=$! &&
	for i in $(seq 200)
	do
		perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:'$port'")' && return
		sleep 0.05
	done
	cat server.log >&2
	return 1
}

stop_server () {
	kill -9 "$pid" &&
	test_expect_code 137 wait "$pid" &&
	pid=
}

cleanup 'test -z "${pid:-}" || kill -9 $pid'

test_expect_success 'set up' '
	start_server &&
	large_repo repo &&
	make_random repo/a.bin 3000000 1 &&
	cp repo/a.bin a &&
	git -C repo devops add a.bin &&
	git -C repo commit -q -m files
'

test_expect_success 'add and copy' '
	git -C repo devops store add --json s3 $url/one >out &&
	test "$(json added created out)" = true &&
	git -C repo devops copy --to=s3 --json >out &&
	held=$(cd repo && held_chunks | wc -l) &&
	test "$(json copy chunks out)" = "$held" &&
	git -C repo devops store check --read --json >out &&
	test "$(json store state chunks out)" = "there $held" &&
	git -C repo devops copy --to=s3 --json >out &&
	test "$(json copy chunks there out)" = "0 $held"
'

test_expect_success 'no credentials are in the repository' '
	! grep -r not-a-secret repo/.git
'

test_expect_success 'another machine, credentials in a file' '
	mkdir -p .aws &&
	printf "[mine]\naws_access_key_id = test\naws_secret_access_key = not-a-secret\n" >.aws/credentials &&
	clone_without_chunks repo clone &&
	(
		unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY &&
		AWS_PROFILE=mine && export AWS_PROFILE &&
		git -C clone devops store add s $url/one &&
		git -C clone devops copy --from=s
	) &&
	git -C clone devops checkout &&
	assert_same clone/a.bin a
'

test_expect_success 'wrong credentials' '
	(
		AWS_SECRET_ACCESS_KEY=wrong-one &&
		test_expect_code 128 git -C repo devops copy --to=s3 2>err &&
		grep "^fatal: .*refuses the credentials" err &&
		grep "^hint: .*AWS_ACCESS_KEY_ID" err &&
		! grep wrong-one err
	)
'

test_expect_success 'no such bucket, no such store' '
	test_expect_code 128 git -C repo devops store add x s3:http://127.0.0.1:$port/none/x 2>err &&
	grep -i "bucket" err &&
	test_must_fail git -C repo config devops.store.x.url
'

test_expect_success 'the server dies half-way, and comes back' '
	make_random repo/b.bin 20000000 2 && cp repo/b.bin b &&
	git -C repo devops add b.bin &&
	{ git -C repo devops copy --to=s3 >out 2>err & } &&
	copy=$! &&
	before=$(find data/chunks/one -type f | wc -l) &&
	for i in $(seq 400)
	do
		test $(find data/chunks/one -type f | wc -l) -gt $((before + 10)) && break
		sleep 0.01
	done &&
	stop_server &&
	test_expect_code 128 wait $copy &&
	grep "is offline" err &&
	test_expect_code 1 git -C repo devops store check 2>err &&
	start_server &&
	git -C repo devops copy --to=s3 --json >out &&
	test "$(json copy there out)" -gt $before &&
	git -C repo devops store check --read
'

test_expect_success 'move there and back' '
	git -C repo devops move --to=s3 b.bin &&
	(cd repo && refute_held :b.bin) &&
	git -C repo devops gc &&
	git -C repo devops copy --from=s3 b.bin &&
	rm repo/b.bin && git -C repo devops checkout && assert_same repo/b.bin b &&
	git -C repo devops move --from=s3 &&
	test "$(find data/chunks/one -type f)" = data/chunks/one/git-devops-store &&
	test_git_fsck repo
'

test_expect_success 'sealed' '
	ssh-keygen -q -t ed25519 -N "" -f key &&
	git -C repo config devops.identity "$(pwd -P)/key" &&
	git -C repo devops store add --recipient="$(cat key.pub)" sealed $url/sealed &&
	git -C repo devops copy --to=sealed a.bin &&
	git -C repo devops store check --read sealed &&
	find data/chunks/sealed -name "*.age" >list &&
	test -s list
'

test_done
