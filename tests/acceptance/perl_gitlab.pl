# What GitLab::API::v4, GitLab's client for Perl, does with a sandbox: one numbered line for each check, and the count
# at the end. It sends JSON, with its removals too, and reads lists by their numbers of pages.
use strict;
use warnings;
use utf8;
use Encode qw( decode encode );
use GitLab::API::v4;
use JSON;
use MIME::Base64 qw( decode_base64 encode_base64 );

binmode STDOUT, ':encoding(UTF-8)';
my ($host) = @ARGV;
my $canonical = JSON->new->canonical->allow_nonref;

sub client { return GitLab::API::v4->new( url => "$host/api/v4", private_token => shift ) }
my $gitlab = client('glpat-sandbox-admin-no-secret');

# A project of its own, for what is counted here must not depend on the sandbox's seed.
my $home = $gitlab->create_project( { name => 'perl', initialize_with_readme => JSON::true } );
my $path = $home->{path_with_namespace};
my $file = 'data/a b.yaml';
my $text = "name: Ines Aalto\n# + and %\n";

sub same {
    my ( $expected, $actual ) = map { $canonical->encode($_) } @_;
    die "$expected was expected, but it is $actual\n" if $expected ne $actual;
    return;
}

sub holds {
    my ( $value, $sentence ) = @_;
    die "$sentence\n" if !$value;
    return;
}

# The status of the refusal that the code has to meet, and the start of what it says.
sub refusal {
    my ($code) = @_;
    return [ 'no refusal', '' ] if eval { $code->(); 1 };
    return $@ =~ m/\(HTTP (\d+)\): [^{]*(.*) at /s ? [ 0 + $1, $2 ] : [ $@, '' ];
}

sub status { return refusal(shift)->[0] }
sub show   { return $gitlab->issue( $path, shift ) }
sub iids   { return [ sort { $a <=> $b } map { $_->{iid} } @{ $gitlab->issues( $path, {@_} ) } ] }
sub column { my ( $key, $rows ) = @_; return [ map { $_->{$key} } @$rows ] }
sub sorted { return [ sort @{ $_[0] } ] }
sub edit   { my ( $iid, %changes ) = @_; return $gitlab->edit_issue( $path, $iid, \%changes ) }

my @checks = (
    'the instance has a version, and the token a user' => sub {
        holds( $gitlab->version()->{version} =~ m/^\d+\.\d+\.\d+/, 'no version' );
        my $me = $gitlab->current_user();
        same( $me->{id}, $gitlab->users( { username => $me->{username} } )->[0]{id} );
        same( [ $me->{username}, 'active' ], [ @{ $gitlab->user( $me->{id} ) }{qw( username state )} ] );
    },
    'an issue is opened with labels, a day and a task list' => sub {
        my $issue = $gitlab->create_issue( $path,
            { title => 'First & second', labels => 'pod::secure,z', due_date => '2026-12-03', description => "- [x] one\n- [ ] two\n" } );
        same( [ 1, 'opened', 'First & second', '2026-12-03' ], [ @{$issue}{qw( iid state title due_date )} ] );
        same( [ 'pod::secure', 'z' ], sorted( $issue->{labels} ) );
        same( { count => 2, completed_count => 1 }, $issue->{task_completion_status} );
        same( $issue, show(1) );
    },
    'labels are taken as a list, too' => sub {
        same( [ 'q', 'z' ], sorted( $gitlab->create_issue( $path, { title => 'Second', labels => [ 'q', 'z' ] } )->{labels} ) );
    },
    'a title and a text are edited, letters of all countries included' => sub {
        my $issue = edit( 1, title => 'Första', description => "Ünïcode ✓\n\ntwo" );
        same( [ 'Första', "Ünïcode ✓\n\ntwo" ], [ @{$issue}{qw( title description )} ] );
        same( $issue->{description}, show(1)->{description} );
    },
    'labels are added and taken off, and a scoped one gives way to its sibling' => sub {
        same( [ 'pod::secure', 'q', 'z' ], sorted( edit( 1, add_labels    => 'q' )->{labels} ) );
        same( [ 'pod::secure', 'q' ],      sorted( edit( 1, remove_labels => ['z'] )->{labels} ) );
        same( [ 'pod::other',  'q' ],      sorted( edit( 1, add_labels    => 'pod::other' )->{labels} ) );
    },
    'every change of a label is in the history of the issue' => sub {
        my $events = $gitlab->issue_resource_label_events( $path, 1 );
        same(
            [ 'add pod::other', 'add pod::secure', 'add q', 'add z', 'remove pod::secure', 'remove z' ],
            sorted( [ map {"$_->{action} $_->{label}{name}"} @$events ] )
        );
        same( $events->[0], $gitlab->issue_resource_label_event( $path, 1, $events->[0]{id} ) );
    },
    'an issue is closed, opened again and closed' => sub {
        my $closed = edit( 1, state_event => 'close' );
        holds( $closed->{state} eq 'closed' && $closed->{closed_at} && $closed->{closed_by}{id}, 'it is not closed' );
        my $open = edit( 1, state_event => 'reopen' );
        same( [ 'opened', undef, undef ], [ @{$open}{qw( state closed_at closed_by )} ] );
        same( 'closed', edit( 1, state_event => 'close' )->{state} );
    },
    'issues are listed by state, label and words, and by what they are not' => sub {
        $gitlab->create_issue( $path, { title => 'Third', description => 'a pelican' } );
        same( [ 1, 2, 3 ], iids() );
        same( [ 2, 3 ],    iids( state                => 'opened' ) );
        same( [2],         iids( labels               => 'q,z' ) );
        same( [ 1, 2 ],    iids( labels               => 'Any' ) );
        same( [3],         iids( search               => 'PELICAN', in => 'description' ) );
        same( [ 1, 3 ],    iids( 'not[labels]'        => 'z' ) );
        same( [ 1, 3 ],    iids( 'iids[]'             => [ 1, 3 ] ) );
        same( [1],         iids( due_date             => 'any' ) );
        same( [],          iids( created_after        => '2030-01-01T00:00:00Z' ) );
    },
    'a list is read page by page to the end' => sub {
        $gitlab->create_issue( $path, { title => "Number $_" } ) for 4 .. 20;
        my %order = ( order_by => 'created_at', sort => 'asc' );
        same( [ 1 .. 20 ], column( iid => $gitlab->paginator( 'issues', $path, { per_page => 7, %order } )->all() ) );
        # The last page is full, so that the one behind it has to be empty.
        same( [ 1 .. 20 ], column( iid => $gitlab->paginator( 'issues', $path, { per_page => 5, %order } )->all() ) );
        my $pages = $gitlab->paginator( 'issues', $path, { per_page => 8, %order } );
        same( [ 8, 8, 4, undef ], [ map { my $page = $pages->next_page(); $page ? scalar @$page : undef } 1 .. 4 ] );
    },
    'an issue is deleted for good' => sub {
        $gitlab->delete_issue( $path, 20 );
        same( [ undef, 404 ], [ show(20), status( sub { $gitlab->delete_issue( $path, 20 ) } ) ] );
    },
    'notes are written, edited, shown, listed and removed' => sub {
        my $note = $gitlab->create_issue_note( $path, 2, { body => 'A nöte' } );
        same( [ 'A nöte', JSON::false, 2, 'Issue' ], [ @{$note}{qw( body system noteable_iid noteable_type )} ] );
        $gitlab->edit_issue_note( $path, 2, $note->{id}, { body => 'Another' } );
        same( 'Another', $gitlab->issue_note( $path, 2, $note->{id} )->{body} );
        my $more     = $gitlab->create_issue_note( $path, 2, { body => 'One more' } );
        my $comments = sub { return column( body => $gitlab->issue_notes( $path, 2, { sort => shift, activity_filter => 'only_comments' } ) ) };
        same( [ 'Another', 'One more' ], $comments->('asc') );
        same( [ 'One more', 'Another' ], $comments->('desc') );
        $gitlab->delete_issue_note( $path, 2, $more->{id} );
        same( [ ['Another'], 1 ], [ $comments->('asc'), show(2)->{user_notes_count} ] );
    },
    'an issue is discussed in a thread' => sub {
        my $thread = $gitlab->create_issue_discussion( $path, 3, { body => 'Why?' } );
        $gitlab->create_issue_discussion_note( $path, 3, $thread->{id}, { body => 'Because' } );
        same( [ 'Why?', 'Because' ], column( body => $gitlab->issue_discussion( $path, 3, $thread->{id} )->{notes} ) );
    },
    'a label is created, listed with its counts, and a second one of its name refused' => sub {
        my $label = $gitlab->create_label( $path, { name => 'new & old', color => '#428BCA', description => 'For a while', priority => 2 } );
        same( [ 'new & old', '#428BCA', 'For a while', 2 ], [ @{$label}{qw( name color description priority )} ] );
        my $labels = $gitlab->labels( $path, { with_counts => 'true', per_page => 100 } );
        same( [ 'new & old', 'pod::other', 'pod::secure', 'q', 'z' ], sorted( column( name => [ grep { $_->{is_project_label} } @$labels ] ) ) );
        my ($q) = grep { $_->{name} eq 'q' } @$labels;
        same( [ 1, 1 ], [ @{$q}{qw( open_issues_count closed_issues_count )} ] );
        same( 409, status( sub { $gitlab->create_label( $path, { name => 'new & old', color => '#000000' } ) } ) );
    },
    'a label is renamed, also on the issues that carry it' => sub {
        edit( 3, labels => 'new & old' );
        same( [ 'newer', '#FF0000' ],
            [ @{ $gitlab->edit_label( $path, { name => 'new & old', new_name => 'newer', color => '#FF0000' } ) }{qw( name color )} ] );
        same( ['newer'], show(3)->{labels} );
    },
    'a label is followed, and no more' => sub {
        my $followed = sub { return $gitlab->labels( $path, { search => 'newer' } )->[0]{subscribed} };
        $gitlab->subscribe_to_label( $path, 'newer' );
        same( JSON::true, $followed->() );
        $gitlab->unsubscribe_from_label( $path, 'newer' );
        same( JSON::false, $followed->() );
    },
    'a label is removed, also from the issues that carry it' => sub {
        $gitlab->delete_label( $path, { name => 'newer' } );
        same( [ 404, [] ], [ status( sub { $gitlab->delete_label( $path, { name => 'newer' } ) } ), show(3)->{labels} ] );
    },
    'a milestone is made, given to an issue, and lists what belongs to it' => sub {
        my $milestone = $gitlab->create_project_milestone( $path, { title => '18.7', due_date => '2026-12-17' } );
        same( '18.7', edit( 3, milestone_id => $milestone->{id} )->{milestone}{title} );
        same( [3], iids( milestone => '18.7' ) );
        same( [3], column( iid => $gitlab->project_milestone_issues( $path, $milestone->{id} ) ) );
    },
    'a file with a blank in its name is created and read' => sub {
        $gitlab->create_file( $path, $file, { branch => 'main', commit_message => 'Add a file', content => $text } );
        same( $text, $gitlab->raw_file( $path, $file, { ref => 'main' } ) );
        my $shown = $gitlab->file( $path, $file, { ref => 'main' } );
        same( [ 'a b.yaml', $file, length $text, $text ], [ @{$shown}{qw( file_name file_path size )}, decode_base64( $shown->{content} ) ] );
    },
    'a file comes as base64, with letters of all countries' => sub {
        my $content = encode_base64( encode( 'UTF-8', "name: Åsa Öberg\n" ) );
        $gitlab->edit_file( $path, $file, { branch => 'main', commit_message => 'Change it', content => $content, encoding => 'base64' } );
        same( "name: Åsa Öberg\n", decode( 'UTF-8', $gitlab->raw_file( $path, $file, { ref => 'main' } ) ) );
        same( [ 'Change it', 'Add a file' ], column( title => $gitlab->commits( $path, { path => $file } ) ) );
    },
    'a folder is listed' => sub {
        same( [ [ 'a b.yaml', 'blob', $file ] ], [ map { [ @{$_}{qw( name type path )} ] } @{ $gitlab->tree( $path, { path => 'data' } ) } ] );
        same( [ [ 'README.md', 'data', $file ] ], [ sorted( column( path => $gitlab->tree( $path, { recursive => 'true' } ) ) ) ] );
    },
    'a file is removed' => sub {
        my $commit = { branch => 'main', commit_message => 'Remove it' };
        $gitlab->delete_file( $path, $file, $commit );
        same( undef, $gitlab->file( $path, $file, { ref => 'main' } ) );
        same( 400, status( sub { $gitlab->delete_file( $path, $file, $commit ) } ) );
    },
    'a branch is created, found, listed and removed' => sub {
        my $branch = $gitlab->create_branch( $path, { branch => 'old/branch', ref => 'main' } );
        same( [ 'old/branch', JSON::false ], [ @{$branch}{qw( name default )} ] );
        same( [ 'main', 'old/branch' ], sorted( column( name => $gitlab->branches($path) ) ) );
        same( ['old/branch'], column( name => $gitlab->branches( $path, { search => 'branch$' } ) ) );
        $gitlab->delete_branch( $path, 'old/branch' );
        same( [ undef, ['main'] ], [ $gitlab->branch( $path, 'old/branch' ), column( name => $gitlab->branches($path) ) ] );
    },
    'a branch is protected, and no more' => sub {
        $gitlab->create_branch( $path, { branch => 'fix', ref => 'main' } );
        $gitlab->protect_branch( $path, { name => 'fix' } );
        same( [ JSON::true, 'fix' ], [ $gitlab->branch( $path, 'fix' )->{protected}, $gitlab->protected_branch( $path, 'fix' )->{name} ] );
        $gitlab->unprotect_branch( $path, 'fix' );
        same( JSON::false, $gitlab->branch( $path, 'fix' )->{protected} );
    },
    'a commit does several things at once' => sub {
        my $actions = [
            { action => 'create', file_path => 'data/new.yaml', content => "name: Per Lund\n" },
            { action => 'move',   file_path => 'READ.md',       previous_path => 'README.md' },
        ];
        my $commit = $gitlab->create_commit( $path, { branch => 'fix', commit_message => 'Two at once', actions => $actions } );
        same( [ 'Two at once', $commit->{id} ], [ $commit->{title}, $gitlab->branch( $path, 'fix' )->{commit}{id} ] );
        same( [ 'READ.md', 'data/new.yaml' ], sorted( column( new_path => $gitlab->commit_diff( $path, $commit->{id} ) ) ) );
        same( undef, $gitlab->file( $path, 'README.md', { ref => 'fix' } ) );
    },
    'a merge request is opened, found, edited, talked about, and one only' => sub {
        my $new = { title => 'Mend it', source_branch => 'fix', target_branch => 'main', labels => 'q' };
        my $request = $gitlab->create_merge_request( $path, $new );
        same( [ 1, 'opened', 'fix', 'main', ['q'] ], [ @{$request}{qw( iid state source_branch target_branch labels )} ] );
        same( [1], column( iid => $gitlab->merge_requests( $path, { source_branch => 'fix', state => 'opened' } ) ) );
        same( 'Mend all', $gitlab->edit_merge_request( $path, 1, { title => 'Mend all' } )->{title} );
        $gitlab->create_merge_request_note( $path, 1, { body => 'Looks good' } );
        same( ['Looks good'], column( body => [ grep { !$_->{system} } @{ $gitlab->merge_request_notes( $path, 1 ) } ] ) );
        same( 409, status( sub { $gitlab->create_merge_request( $path, $new ) } ) );
    },
    'a merge request shows its commits and its changes' => sub {
        same( ['Two at once'], column( title => $gitlab->merge_request_commits( $path, 1 ) ) );
        same( [ 'READ.md', 'data/new.yaml' ], sorted( column( new_path => $gitlab->merge_request_with_changes( $path, 1 )->{changes} ) ) );
    },
    'a merge request is merged in one commit, and not twice' => sub {
        my $merge  = { squash => JSON::true, squash_commit_message => 'All in one', should_remove_source_branch => JSON::true };
        my $merged = $gitlab->accept_merge_request( $path, 1, $merge );
        same( [ 'merged', JSON::true ], [ $merged->{state}, $merged->{squash_commit_sha} ? JSON::true : JSON::false ] );
        same( "name: Per Lund\n", $gitlab->raw_file( $path, 'data/new.yaml', { ref => 'main' } ) );
        same( 1, scalar grep { $_->{title} eq 'All in one' } @{ $gitlab->commits($path) } );
        same( [ undef, 405 ], [ $gitlab->branch( $path, 'fix' ), status( sub { $gitlab->accept_merge_request( $path, 1 ) } ) ] );
    },
    'what is not there is 404' => sub {
        same( [ undef, undef, undef ], [ show(999), $gitlab->project('no/such-project'), $gitlab->raw_file( $path, 'none.yaml', { ref => 'main' } ) ] );
        my $refusal = refusal( sub { edit( 999, title => 'x' ) } );
        same( [ 404, '{"message":"404 Not found"}' ], $refusal );
    },
    'what is wrong is 400, and says why' => sub {
        same( [ 400, '{"message":{"title":["can\'t be blank"]}}' ], refusal( sub { $gitlab->create_issue( $path, { title => '' } ) } ) );
        same( [ 400, '{"error":"title is missing"}' ], refusal( sub { $gitlab->create_issue( $path, { labels => 'q' } ) } ) );
        same( 400, status( sub { edit( 2, state_event => 'ajar' ) } ) );
        same( [ 400, 400 ], [ status( sub { edit(2) } ), status( sub { $gitlab->edit_merge_request( $path, 1, {} ) } ) ] );
        same( 400, status( sub { $gitlab->create_branch( $path, { branch => 'a b', ref => 'main' } ) } ) );
    },
    'who brings no token reads the issues of a public project, but not its labels' => sub {
        my $public = $gitlab->create_project( { name => 'open', visibility => 'public' } )->{path_with_namespace};
        $gitlab->create_issue( $public, { title => 'For all to read' } );
        my $nobody = GitLab::API::v4->new( url => "$host/api/v4" );
        same( [ [1], 401 ], [ column( iid => $nobody->issues($public) ), status( sub { $nobody->labels($public) } ) ] );
        same( [ 401, undef ], [ status( sub { $nobody->create_issue( $public, { title => 'No' } ) } ), $nobody->project($path) ] );
    },
    'who is unknown is 401, and who may not is 403' => sub {
        same( [ 401, '{"message":"401 Unauthorized"}' ], refusal( sub { client('no-such-token')->issues($path) } ) );
        same( 403, status( sub { client('glpat-sandbox-read_api-no-secret')->create_issue( $path, { title => 'Read only' } ) } ) );
    },
);

my ( $passed, $failed ) = ( 0, 0 );
while ( my ( $sentence, $check ) = splice @checks, 0, 2 ) {
    if ( eval { $check->(); 1 } ) {
        $passed++;
        printf "ok %d - %s\n", $passed + $failed, $sentence;
    }
    else {
        $failed++;
        printf "not ok %d - %s\n    %s", $passed + $failed, $sentence, $@;
    }
}
print "$passed passed, $failed failed\n";
exit( $failed ? 1 : 0 );
