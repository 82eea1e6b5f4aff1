#!/bin/sh

test_description='completion scripts for bash, zsh and fish'

. ./test-lib.sh

test_expect_success 'set up a shell with completion' '
	cat >complete.bash <<-\EOF &&
	# complete.bash <word>...: the completions of the last word
	# It splits the name at spaces.
	export BASH_COMPLETION_USER_DIR=user
	. /usr/share/bash-completion/bash_completion
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9
	COMP_POINT=${#COMP_LINE}
	_completion_loader "$1"
	function=$(complete -p "$1" | sed "s/.* -F \([^ ]*\) .*/\1/")
	"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
	printf "<%s>\n" "${COMPREPLY[@]}"
	EOF
	mkdir -p user/completions &&
	cp "$TOP/bin/completions/git-devops" user/completions/ &&
	ln -s git-devops user/completions/gdo
'

for name in git-devops gdo
do
	test_expect_success "$name <TAB> completes verbs" '
		bash complete.bash '$name' vers >out &&
		grep "^<version *>" out
	'
	test_expect_success "$name <TAB> completes options" '
		bash complete.bash '$name' version --js >out &&
		grep "^<--json *>" out
	'
done

test_expect_success 'git devops <TAB> completes verbs' '
	bash complete.bash git devops vers >out &&
	echo "<version >" >expect &&
	test_cmp expect out
'

test_expect_success 'git devops <TAB> lists them all' '
	bash complete.bash git devops "" >out &&
	grep "^<version" out &&
	grep "^<help" out
'

test_expect_success 'git -C <dir> devops <verb> <TAB> completes options' '
	bash complete.bash git -C / devops version --js >out &&
	echo "<--json >" >expect &&
	test_cmp expect out
'

test_expect_success 'git devops help <TAB> completes verbs' '
	bash complete.bash git devops help vers >out &&
	echo "<version >" >expect &&
	test_cmp expect out
'

test_expect_success 'git itself lists devops as a command' '
	bash complete.bash git devop >out &&
	grep "^<devops *>" out
'

test_expect_success 'zsh: one script for git-devops, gdo and git devops' '
	head -n 1 "$TOP/bin/completions/_git-devops" >first &&
	echo "#compdef git-devops gdo" >expect &&
	test_cmp expect first &&
	grep "requestComp=\"git-devops __complete" "$TOP/bin/completions/_git-devops"
'

! command -v zsh >/dev/null || test_set_prereq ZSH
! command -v fish >/dev/null || test_set_prereq FISH

test_expect_success ZSH 'zsh takes the script' '
	zsh -n "$TOP/bin/completions/_git-devops"
'

test_expect_success FISH 'fish takes the scripts, and completes gdo' '
	fish -n "$TOP/bin/completions/git-devops.fish" &&
	fish -c "source $TOP/bin/completions/git-devops.fish
		source $TOP/bin/completions/gdo.fish
		complete -C \"gdo ver\"" >out &&
	grep "^version" out
'

test_done
